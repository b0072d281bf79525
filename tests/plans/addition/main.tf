# Turns rotation on for a secret, with a function, a role and a network that are there already and that other configurations make.
data "aws_caller_identity" "current" {}

locals {
  secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-AbCdEf"
  key    = "arn:aws:kms:eu-west-1:111122223333:key/aws_kms_key.db"
}

resource "aws_secretsmanager_secret_rotation" "db" {
  secret_id           = local.secret
  rotation_lambda_arn = "arn:aws:lambda:eu-west-1:111122223333:function:rotate-db"
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [aws_lambda_permission.secrets_manager, aws_iam_role_policy.rotate, aws_security_group_rule.endpoint]
}

resource "aws_lambda_permission" "secrets_manager" {
  statement_id   = "SecretsManager"
  action         = "lambda:InvokeFunction"
  function_name  = "rotate-db"
  principal      = "secretsmanager.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_iam_role_policy" "rotate" {
  name = "rotate"
  role = "rotate-db"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
        Resource = local.secret
      },
      { Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = local.key
        Condition = { StringEquals = { "kms:EncryptionContext:SecretARN" = local.secret } }
      },
    ]
  })
}

resource "aws_security_group_rule" "endpoint" {
  type              = "ingress"
  security_group_id = "sg-endpoint"
  cidr_blocks       = ["10.0.0.0/16"]
  from_port         = 443
  to_port           = 443
  protocol          = "tcp"
}
