resource "aws_iam_group" "admins" {
  name = "admins"
}

resource "aws_iam_group_policy_attachment" "admins" {
  group      = aws_iam_group.admins.name
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
      { Effect = "Allow", Action = ["iam:AddUserToGroup"], Resource = "*" }, # finding: iam-add-user-to-group ada -> admins
    ]
  })
}

# To another group.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:AddUserToGroup"], Resource = "arn:aws:iam::*:group/other" },
    ]
  })
}
