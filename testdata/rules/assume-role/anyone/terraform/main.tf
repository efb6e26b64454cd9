# Who a trust policy lets in without meaning anybody.

resource "aws_iam_role" "open" {
  name = "open"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }, # finding: assume-role critical certain anyone -> open
    ]
  })
}

resource "aws_iam_role_policy_attachment" "open" {
  role       = aws_iam_role.open.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# An external id is not known to strangers.
resource "aws_iam_role" "external" {
  name = "external"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" }, Condition = { StringEquals = { "sts:ExternalId" = "a-secret" } } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "external" {
  role       = aws_iam_role.external.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# Strangers are in no organization of ours.
resource "aws_iam_role" "organization" {
  name = "organization"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" }, Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-abcdef1234" } } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "organization" {
  role       = aws_iam_role.organization.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# A second factor is no hindrance: strangers have one, too.
resource "aws_iam_role" "anybody_with_mfa" {
  name = "anybody-with-mfa"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" }, Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } } }, # finding: assume-role critical certain anyone -> anybody-with-mfa
    ]
  })
}

resource "aws_iam_role_policy_attachment" "anybody_with_mfa" {
  role       = aws_iam_role.anybody_with_mfa.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# No subject: every repository of GitHub gets a token for this audience.
resource "aws_iam_role" "any_repository" {
  name = "any-repository"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }, Condition = { StringEquals = { "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com" } } }, # finding: assume-role critical certain anyone with an account at token.actions.githubusercontent.com -> any-repository
    ]
  })
}

resource "aws_iam_role_policy_attachment" "any_repository" {
  role       = aws_iam_role.any_repository.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# A subject that fits every owner.
resource "aws_iam_role" "any_owner" {
  name = "any-owner"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }, Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:*:ref:refs/heads/main" } } }, # finding: assume-role critical certain anyone with an account at token.actions.githubusercontent.com -> any-owner
    ]
  })
}

resource "aws_iam_role_policy_attachment" "any_owner" {
  role       = aws_iam_role.any_owner.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# Of one owner only.
resource "aws_iam_role" "our_repositories" {
  name = "our-repositories"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }, Condition = { StringLike = { "token.actions.githubusercontent.com:sub" = "repo:ours/*" } } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "our_repositories" {
  role       = aws_iam_role.our_repositories.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# By another claim.
resource "aws_iam_role" "by_owner" {
  name = "by-owner"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRoleWithWebIdentity", Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }, Condition = { StringEquals = { "token.actions.githubusercontent.com:repository_owner" = "ours" } } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "by_owner" {
  role       = aws_iam_role.by_owner.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
