# A function in a VPC that three registry-like modules make: the network, its endpoints, and security groups with rules by maps.

locals {
  name = "ledger"
  azs  = ["eu-west-1a", "eu-west-1b"]
  tags = { Project = local.name }
}

module "vpc" {
  source = "./vpc"

  name            = local.name
  cidr            = "10.20.0.0/16"
  azs             = local.azs
  private_subnets = [for index, az in local.azs : cidrsubnet("10.20.0.0/16", 8, index)]
}

module "function_group" {
  source = "./group"

  name                     = "${local.name}-rotate"
  vpc_id                   = module.vpc.vpc_id
  egress_with_source_group = { https = module.endpoint_group.security_group_id }
}

module "endpoint_group" {
  source = "./group"

  name   = "${local.name}-endpoints"
  vpc_id = module.vpc.vpc_id
  ingress_with_cidr_blocks = [
    { rule = "https-443-tcp", cidr_blocks = join(",", module.vpc.private_subnets_cidr_blocks) },
  ]
}

module "endpoints" {
  source = "./endpoints"

  vpc_id             = module.vpc.vpc_id
  security_group_ids = [module.endpoint_group.security_group_id]
  endpoints = {
    secretsmanager = {
      service             = "secretsmanager"
      private_dns_enabled = true
      subnet_ids          = module.vpc.private_subnets
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Principal = { AWS = aws_iam_role.rotate.arn }, Action = "secretsmanager:*", Resource = "*" }]
      })
    }
    kms = {
      service             = "kms"
      private_dns_enabled = true
      subnet_ids          = module.vpc.private_subnets
      tags                = { Name = "kms" }
    }
  }
  tags = local.tags
}

resource "aws_secretsmanager_secret" "api" {
  name = "ledger/api"
}

resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = "{}"
}

resource "aws_iam_role" "rotate" {
  name = "rotate-ledger"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "rotate" {
  name = "rotate"
  role = aws_iam_role.rotate.id
  policy = templatefile("${path.module}/policy.json.tftpl", {
    secrets = { api = aws_secretsmanager_secret.api.arn }
    in_vpc  = true
  })
}

resource "aws_lambda_function" "rotate" {
  function_name = "rotate-ledger"
  role          = aws_iam_role.rotate.arn
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  s3_bucket     = "deployments"
  s3_key        = "rotate-ledger.zip"

  dynamic "vpc_config" {
    for_each = length(module.vpc.private_subnets) > 0 ? [module.vpc.private_subnets] : []
    content {
      subnet_ids         = vpc_config.value
      security_group_ids = [module.function_group.security_group_id]
    }
  }
}

resource "aws_lambda_permission" "rotate" {
  statement_id   = "secretsmanager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotate.function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = "111122223333"
}

resource "aws_secretsmanager_secret_rotation" "api" {
  secret_id           = aws_secretsmanager_secret.api.id
  rotation_lambda_arn = aws_lambda_function.rotate.arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [
    aws_lambda_permission.rotate,
    aws_iam_role_policy.rotate,
    aws_secretsmanager_secret_version.api,
    module.endpoints,
    module.endpoint_group,
    module.function_group,
    module.vpc,
  ]
}
