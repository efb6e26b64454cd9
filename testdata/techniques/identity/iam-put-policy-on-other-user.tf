resource "aws_iam_user" "weak" {
  name = "weak"
}

resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_user_policy" "ada" {
  name = "ada"
  user = aws_iam_user.ada.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:PutUserPolicy", "iam:CreateAccessKey"], Resource = "arn:aws:iam::*:user/weak" }, # finding: iam-put-policy-on-other-user ada -> weak
    ]
  })
}

# Without a way to act as that user.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:PutUserPolicy"], Resource = "arn:aws:iam::*:user/weak" },
    ]
  })
}
