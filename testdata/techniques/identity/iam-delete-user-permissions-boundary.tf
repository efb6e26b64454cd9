resource "aws_iam_policy" "limit" {
  name = "limit"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:DeleteUserPermissionsBoundary"], Resource = "*" },
    ]
  })
}

resource "aws_iam_user" "ada" {
  name                 = "ada"
  permissions_boundary = aws_iam_policy.limit.arn
}

resource "aws_iam_user_policy" "ada" {
  name = "ada"
  user = aws_iam_user.ada.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:DeleteUserPermissionsBoundary", "s3:GetObject"], Resource = "*" }, # finding: iam-delete-user-permissions-boundary ada -> ada
    ]
  })
}

# Without a boundary.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:DeleteUserPermissionsBoundary", "s3:GetObject"], Resource = "*" },
    ]
  })
}
