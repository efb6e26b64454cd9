resource "aws_iam_policy" "limit" {
  name = "limit"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:DeleteRolePermissionsBoundary"], Resource = "*" },
    ]
  })
}

resource "aws_iam_role" "ada" {
  name                 = "ada"
  permissions_boundary = aws_iam_policy.limit.arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy" "ada" {
  name = "ada"
  role = aws_iam_role.ada.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:DeleteRolePermissionsBoundary", "s3:GetObject"], Resource = "*" }, # finding: iam-delete-role-permissions-boundary ada -> ada
    ]
  })
}

# Without a boundary.
resource "aws_iam_role" "ben" {
  name = "ben"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy" "ben" {
  name = "ben"
  role = aws_iam_role.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:DeleteRolePermissionsBoundary", "s3:GetObject"], Resource = "*" },
    ]
  })
}
