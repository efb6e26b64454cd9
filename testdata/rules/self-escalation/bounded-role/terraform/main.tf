# Roles that may only be made or changed with a boundary stay within it.

resource "aws_iam_policy" "limit" {
  name = "limit"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "*" }]
  })
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
      {
        Effect    = "Allow"
        Action    = ["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"]
        Resource  = "arn:aws:iam::*:role/*"
        Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.limit.arn } }
      },
      { Effect = "Allow", Action = ["sts:AssumeRole", "s3:GetObject"], Resource = "*" },
    ]
  })
}

resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:CreateRole", "iam:AttachRolePolicy"], Resource = "*" }, # finding: self-escalation critical certain ben -> ben
    ]
  })
}
