resource "aws_iam_role" "strong" {
  name = "strong"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "strong" {
  role       = aws_iam_role.strong.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_ecs_cluster" "web" {
  name = "web"
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  task_role_arn         = aws_iam_role.strong.arn
  container_definitions = jsonencode([{ name = "web", image = "web", memory = 128 }])
}

resource "aws_ecs_service" "web" {
  name            = "web"
  cluster         = aws_ecs_cluster.web.id
  task_definition = aws_ecs_task_definition.web.arn
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
      { Effect = "Allow", Action = ["ecs:ExecuteCommand"], Resource = "*" }, # finding: ecs-execute-command ada -> strong
    ]
  })
}

# On the cluster, and on none of its tasks.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ecs:ExecuteCommand"], Resource = "arn:aws:ecs:*:*:cluster/web" },
    ]
  })
}
