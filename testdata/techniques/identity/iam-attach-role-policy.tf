resource "aws_iam_role" "ada" {
  name = "ada"
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
      { Effect = "Allow", Action = ["iam:AttachRolePolicy"], Resource = "*" }, # finding: iam-attach-role-policy ada -> ada
    ]
  })
}

# On another role.
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
      { Effect = "Allow", Action = ["iam:AttachRolePolicy"], Resource = "arn:aws:iam::*:role/other" },
    ]
  })
}
