# PassRole on a prefix: every role whose ARN matches is judged on its own.

data "aws_iam_policy_document" "ec2" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "devteamadmin" {
  name               = "DevTeamAdmin"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_iam_role_policy_attachment" "devteamadmin" {
  role       = aws_iam_role.devteamadmin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_instance_profile" "devteamadmin" {
  name = "DevTeamAdmin"
  role = aws_iam_role.devteamadmin.name
}

resource "aws_iam_role" "devteamapp" {
  name               = "DevTeamApp"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_iam_role_policy" "devteamapp" {
  name = "DevTeamApp"
  role = aws_iam_role.devteamapp.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "ec2:Describe*", Resource = "*" }]
  })
}

resource "aws_iam_instance_profile" "devteamapp" {
  name = "DevTeamApp"
  role = aws_iam_role.devteamapp.name
}

resource "aws_iam_role" "otheradmin" {
  name               = "OtherAdmin"
  assume_role_policy = data.aws_iam_policy_document.ec2.json
}

resource "aws_iam_role_policy_attachment" "otheradmin" {
  role       = aws_iam_role.otheradmin.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_instance_profile" "otheradmin" {
  name = "OtherAdmin"
  role = aws_iam_role.otheradmin.name
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
      { Effect = "Allow", Action = "ec2:*", Resource = "*" },
      { Effect = "Allow", Action = "iam:PassRole", Resource = "arn:aws:iam::*:role/DevTeam*" }, # finding: launch-over-privileged-role critical certain ada -> DevTeamAdmin
    ]
  })
}
