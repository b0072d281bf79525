# Two users that take turns, by a module that deploys AWS's application, and nobody tells it the secret of the superuser or the key.

resource "aws_kms_key" "db" {
  description         = "billing"
  enable_key_rotation = true
}

resource "aws_secretsmanager_secret" "db" {
  name       = "billing/db"
  kms_key_id = aws_kms_key.db.arn
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = "{}"
}

module "rotation" {
  source   = "./rotation"
  name     = "rotate-billing"
  engine   = "RDSMySQL"
  strategy = "MultiUser"
}

resource "aws_secretsmanager_secret_rotation" "db" {
  secret_id           = aws_secretsmanager_secret_version.db.secret_id
  rotation_lambda_arn = module.rotation.function_arn
  rotation_rules {
    automatically_after_days = 7
  }
}
