# AWS's rotation function, deployed from the Serverless Application Repository.

locals {
  applications = "arn:aws:serverlessrepo:us-east-1:297356227824:applications"
}

resource "aws_kms_key" "db" {
  description         = "orders"
  enable_key_rotation = true
}

resource "aws_secretsmanager_secret" "db" {
  name       = "orders/db"
  kms_key_id = aws_kms_key.db.arn
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = "{}"
}

resource "aws_serverlessapplicationrepository_cloudformation_stack" "rotation" {
  name             = "rotate-orders"
  application_id   = "${local.applications}/SecretsManagerRDSPostgreSQLRotationSingleUser"
  semantic_version = "1.1.618"
  capabilities     = ["CAPABILITY_IAM", "CAPABILITY_RESOURCE_POLICY"]
  parameters = {
    endpoint            = "https://secretsmanager.eu-west-1.amazonaws.com"
    functionName        = "rotate-orders"
    runtime             = "python3.13"
    kmsKeyArn           = aws_kms_key.db.arn
    vpcSubnetIds        = join(",", aws_subnet.private[*].id)
    vpcSecurityGroupIds = aws_security_group.function.id
  }
}

resource "aws_secretsmanager_secret_rotation" "db" {
  secret_id           = aws_secretsmanager_secret.db.id
  rotation_lambda_arn = aws_serverlessapplicationrepository_cloudformation_stack.rotation.outputs.RotationLambdaARN
  rotation_rules {
    automatically_after_days = 7
  }
  depends_on = [
    aws_secretsmanager_secret_version.db,
    aws_vpc_endpoint.secretsmanager,
    aws_vpc_security_group_egress_rule.function,
    aws_vpc_security_group_ingress_rule.endpoint,
  ]
}

resource "aws_vpc" "this" {
  cidr_block           = "10.30.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet("10.30.0.0/16", 8, count.index)
  availability_zone = element(["eu-west-1a", "eu-west-1b"], count.index)
}

resource "aws_security_group" "function" {
  name   = "rotation"
  vpc_id = aws_vpc.this.id
}

resource "aws_security_group" "endpoint" {
  name   = "secretsmanager"
  vpc_id = aws_vpc.this.id
}

resource "aws_vpc_security_group_egress_rule" "function" {
  security_group_id            = aws_security_group.function.id
  referenced_security_group_id = aws_security_group.endpoint.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "endpoint" {
  security_group_id            = aws_security_group.endpoint.id
  referenced_security_group_id = aws_security_group.function.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_endpoint" "secretsmanager" {
  vpc_id              = aws_vpc.this.id
  service_name        = "com.amazonaws.eu-west-1.secretsmanager"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.endpoint.id]
  private_dns_enabled = true
}
