# Who writes its own policies may do everything, unless a boundary stays.

resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_user_policy" "ada" {
  name = "ada"
  user = aws_iam_user.ada.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "iam:PutUserPolicy", Resource = aws_iam_user.ada.arn }, # finding: self-escalation critical certain ada -> ada
    ]
  })
}

resource "aws_iam_policy" "readers" {
  name = "readers"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["iam:PutUserPolicy", "s3:GetObject"], Resource = "*" }]
  })
}

# What is put on it stays within the boundary, which it reaches already.
resource "aws_iam_user" "ben" {
  name                 = "ben"
  permissions_boundary = aws_iam_policy.readers.arn
}

resource "aws_iam_user_policy_attachment" "ben" {
  user       = aws_iam_user.ben.name
  policy_arn = aws_iam_policy.readers.arn
}
