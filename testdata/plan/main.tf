# What only a plan knows: the account, var.env, var.teams, and the roles of a module that is not vendored.
variable "env" {
  type = string
}

variable "teams" {
  type = set(string)
}

provider "aws" {}

data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

locals {
  launch = ["ec2:RunInstances", "iam:PassRole"]
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "logs-"
}

resource "aws_iam_user" "team" {
  for_each = var.teams
  name     = "team-${each.key}"
}

resource "aws_iam_user_policy" "launch" {
  for_each = var.teams
  name     = "launch"
  user     = aws_iam_user.team[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = local.launch
        Resource = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:role/remote-*", "*"]
      }
    ]
  })
}

module "ci" {
  source   = "./ci"
  count    = var.env == "prod" ? 1 : 0
  boundary = module.service.main_role_arn
}

module "service" {
  source   = "example/service/aws"
  names    = ["x", var.env]
  boundary = aws_s3_bucket.logs.arn
}
