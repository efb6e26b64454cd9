resource "aws_iam_role" "strong" {
  name = "strong"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "tasks.apprunner.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "strong" {
  role       = aws_iam_role.strong.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_apprunner_service" "web" {
  service_name = "web"
  instance_configuration {
    instance_role_arn = aws_iam_role.strong.arn
  }
  source_configuration {
    image_repository {
      image_identifier      = "public.ecr.aws/nginx/nginx:latest"
      image_repository_type = "ECR_PUBLIC"
    }
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
      { Effect = "Allow", Action = ["apprunner:UpdateService"], Resource = "*" }, # finding: apprunner-update-service ada -> strong
    ]
  })
}

# On another one.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["apprunner:UpdateService"], Resource = "arn:aws:apprunner:*:*:service/other/*" },
    ]
  })
}
