resource "aws_iam_role" "strong" {
  name = "strong"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "strong" {
  role       = aws_iam_role.strong.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_instance_profile" "strong" {
  name = "strong"
  role = aws_iam_role.strong.name
}

resource "aws_launch_template" "web" {
  name = "web"
  iam_instance_profile {
    name = aws_iam_instance_profile.strong.name
  }
}

resource "aws_autoscaling_group" "web" {
  name     = "web"
  min_size = 1
  max_size = 4
  launch_template {
    id      = aws_launch_template.web.id
    version = "$Default"
  }
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
      { Effect = "Allow", Action = ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate", "autoscaling:SetDesiredCapacity"], Resource = "*" }, # finding: autoscaling-default-launch-template ada -> strong
    ]
  })
}

# Without ec2:CreateLaunchTemplateVersion.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ec2:ModifyLaunchTemplate", "autoscaling:SetDesiredCapacity"], Resource = "*" },
    ]
  })
}
