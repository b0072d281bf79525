data "aws_caller_identity" "current" {}

resource "aws_kms_key" "db" {
  description = "the database's secret"
}

resource "aws_secretsmanager_secret" "db" {
  name       = "prod/db"
  kms_key_id = aws_kms_key.db.arn
}


data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "rotate" {
  statement {
    sid = "Rotate"
    actions = [
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecretVersionStage",
    ]
    resources = [aws_secretsmanager_secret.db.arn]
  }
  statement {
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"]
  }
  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.db.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [aws_secretsmanager_secret.db.arn]
    }
  }
}

resource "aws_iam_role" "rotate" {
  name               = "rotate-db"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "rotate" {
  name   = "rotate"
  role   = aws_iam_role.rotate.id
  policy = data.aws_iam_policy_document.rotate.json
}

resource "aws_iam_role_policy_attachment" "logs" {
  role       = aws_iam_role.rotate.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}


resource "aws_lambda_permission" "secrets_manager" {
  statement_id   = "SecretsManager"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.rotate.function_name
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_secretsmanager_secret_rotation" "db" {
  secret_id           = aws_secretsmanager_secret.db.id
  rotation_lambda_arn = aws_lambda_function.rotate.arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [
    aws_lambda_permission.secrets_manager,
    aws_iam_role_policy.rotate,
    aws_secretsmanager_secret_version.db,
    aws_vpc_endpoint.secrets_manager,
    aws_iam_role_policy_attachment.logs,
    aws_vpc_security_group_egress_rule.database,
    aws_security_group_rule.endpoint,
  ]
}

resource "aws_lambda_function" "rotate" {
  function_name = "rotate-db"
  role          = aws_iam_role.rotate.arn
  runtime       = "python3.13"
  handler       = "rotate.handler"
  filename      = "rotate.zip"
  timeout       = 30
  environment {
    variables = { SECRETS_MANAGER_ENDPOINT = "https://secretsmanager.eu-west-1.amazonaws.com" }
  }
  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.function.id]
  }
}

resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet("10.0.0.0/16", 8, count.index)
  availability_zone = "eu-west-1${["a", "b"][count.index]}"
}
resource "aws_security_group" "function" {
  name   = "function"
  vpc_id = aws_vpc.main.id
  egress {
    from_port       = 443
    to_port         = 443
    protocol        = "tcp"
    security_groups = [aws_security_group.endpoint.id]
  }
}
resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id            = aws_security_group.function.id
  referenced_security_group_id = aws_security_group.database.id
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"
}
resource "aws_security_group" "endpoint" {
  name   = "endpoint"
  vpc_id = aws_vpc.main.id
}
resource "aws_security_group_rule" "endpoint" {
  type              = "ingress"
  security_group_id = aws_security_group.endpoint.id
  cidr_blocks       = aws_subnet.private[*].cidr_block
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
}
resource "aws_security_group" "database" {
  name   = "database"
  vpc_id = aws_vpc.main.id
}
resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.function.id
  from_port                    = 5432
  to_port                      = 5432
  ip_protocol                  = "tcp"
}
resource "aws_vpc_endpoint" "secrets_manager" {
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.eu-west-1.secretsmanager"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.endpoint.id]
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "secretsmanager:*", Resource = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:*" },
      { Effect = "Allow", Principal = { AWS = "111122223333" }, Action = "secretsmanager:GetRandomPassword", Resource = "*" },
    ]
  })
}
resource "aws_db_subnet_group" "main" {
  name       = "main"
  subnet_ids = aws_subnet.private[*].id
}
resource "aws_db_instance" "main" {
  identifier             = "prod"
  engine                 = "postgres"
  instance_class         = "db.t4g.micro"
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.database.id]
}
resource "aws_secretsmanager_secret_version" "db" {
  secret_id = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({
    host     = aws_db_instance.main.address
    password = "hunter2"
  })
}
