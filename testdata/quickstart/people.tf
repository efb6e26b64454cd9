# Operators start and stop instances. They may pass any role: whoever is in the
# group can start an instance as the bastion and be an administrator.

resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_group" "operators" {
  name = "operators"
}

resource "aws_iam_user_group_membership" "ada" {
  user   = aws_iam_user.ada.name
  groups = [aws_iam_group.operators.name]
}

resource "aws_iam_group_policy" "operators" {
  group  = aws_iam_group.operators.name
  policy = <<-JSON
    {
      "Version": "2012-10-17",
      "Statement": [
        { "Effect": "Allow", "Action": ["ec2:*", "s3:GetObject"], "Resource": "*" },
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/shop-*" }
      ]
    }
  JSON
}
