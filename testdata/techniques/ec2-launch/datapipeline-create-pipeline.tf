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

resource "aws_iam_user" "ada" {
  name = "ada"
}

resource "aws_iam_user_policy" "ada" {
  name = "ada"
  user = aws_iam_user.ada.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline", "iam:PassRole"], Resource = "*" }, # finding: datapipeline-create-pipeline ada -> strong
    ]
  })
}

# Without datapipeline:ActivatePipeline.
resource "aws_iam_user" "ben" {
  name = "ben"
}

resource "aws_iam_user_policy" "ben" {
  name = "ben"
  user = aws_iam_user.ben.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "iam:PassRole"], Resource = "*" },
    ]
  })
}
