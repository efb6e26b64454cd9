resource "aws_iam_user" "strong" {
  name = "strong"
}

resource "aws_iam_user_policy_attachment" "strong" {
  user       = aws_iam_user.strong.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
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
      { Effect = "Allow", Action = ["iam:CreateAccessKey"], Resource = "*" }, # finding: iam-create-access-key ada -> strong
    ]
  })
}

# For itself only.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:CreateAccessKey"], Resource = "arn:aws:iam::*:user/$${aws:username}" },
    ]
  })
}
