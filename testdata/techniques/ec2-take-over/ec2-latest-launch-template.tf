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

resource "aws_ec2_fleet" "web" {
  launch_template_config {
    launch_template_specification {
      launch_template_id = aws_launch_template.web.id
      version            = "$Latest"
    }
  }
  target_capacity_specification {
    default_target_capacity_type = "spot"
    total_target_capacity        = 1
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
      { Effect = "Allow", Action = ["ec2:CreateLaunchTemplateVersion"], Resource = "*" }, # finding: ec2-latest-launch-template ada -> strong
    ]
  })
}

# Another launch template.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ec2:CreateLaunchTemplateVersion"], Resource = "arn:aws:ec2:*:*:launch-template/other" },
    ]
  })
}
