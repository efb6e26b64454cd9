resource "aws_iam_policy" "work" {
  name = "work"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:CreatePolicyVersion"], Resource = "*" }, # finding: iam-create-policy-version ada -> ada
    ]
  })
}

resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_user_policy_attachment" "ada" {
  user       = aws_iam_user.ada.name
  policy_arn = aws_iam_policy.work.arn
}

# No policy is attached to it.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:CreatePolicyVersion"], Resource = "*" },
    ]
  })
}
