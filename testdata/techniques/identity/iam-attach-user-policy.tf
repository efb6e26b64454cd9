resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_user_policy" "ada" {
  name = "ada"
  user = aws_iam_user.ada.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:AttachUserPolicy"], Resource = "*" }, # finding: iam-attach-user-policy ada -> ada
    ]
  })
}

# On another user.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:AttachUserPolicy"], Resource = "arn:aws:iam::*:user/other" },
    ]
  })
}
