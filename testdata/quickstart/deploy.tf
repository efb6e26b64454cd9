# The pipeline deploys the application with the application's role and no other,
# and may read what that role may read: nothing is gained.

variable "pipeline_account" {
  description = "The account the pipeline runs in."
  type        = string
}

resource "aws_iam_role" "deploy" {
  name = "shop-deploy"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${var.pipeline_account}:root" }
    }]
  })
}

data "aws_iam_policy_document" "deploy" {
  statement {
    actions   = ["ec2:RunInstances", "ec2:CreateTags", "ec2:Describe*"]
    resources = ["*"]
  }

  statement {
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["arn:aws:s3:::shop-uploads/*"]
  }

  statement {
    actions   = ["iam:PassRole"]
    resources = [aws_iam_role.app.arn]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "deploy" {
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}
