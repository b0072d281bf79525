# A function made by a registry-like module: statements and triggers as maps, a policy in JSON beside them, and a role that may come from elsewhere.


locals {
  account = "111122223333"
  name    = "prod-orders"
  tags    = { Team = "orders" }
}

resource "aws_secretsmanager_secret" "db" {
  name = "prod/orders/db"
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ username = "orders", password = "changed by the first rotation" })
}

resource "aws_secretsmanager_secret" "api" {
  name = "prod/orders/api"
}

resource "aws_secretsmanager_secret_version" "api" {
  secret_id     = aws_secretsmanager_secret.api.id
  secret_string = jsonencode({ token = "changed by the first rotation" })
}

module "rotate_db" {
  source = "./lambda"

  function_name = "${local.name}-rotate-db"
  timeout       = 60
  tags          = local.tags

  attach_policy_json = true
  policy_json = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
      Resource = aws_secretsmanager_secret.db.arn
    }]
  })

  attach_policy_statements = true
  policy_statements = {
    read = {
      effect    = "Allow"
      actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.db.arn]
    }
    password = {
      effect    = "Allow"
      actions   = ["secretsmanager:GetRandomPassword"]
      resources = ["*"]
    }
  }

  allowed_triggers = {
    Secrets = {
      service        = "secretsmanager"
      source_account = local.account
    }
  }
}

# The same for another secret, of which somebody copied the statements and left the secret of the first in one of them.
module "rotate_api" {
  source = "./lambda"

  function_name = "${local.name}-rotate-api"
  timeout       = 60

  attach_policy_statements = true
  policy_statements = {
    read = {
      actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
      resources = [aws_secretsmanager_secret.api.arn]
    }
    write = {
      actions   = ["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
      resources = [aws_secretsmanager_secret.db.arn]
    }
  }

  allowed_triggers = {
    Secrets = {
      principal      = "secretsmanager.amazonaws.com"
      source_account = local.account
    }
  }
}

resource "aws_secretsmanager_secret_rotation" "db" {
  secret_id           = aws_secretsmanager_secret.db.id
  rotation_lambda_arn = module.rotate_db.lambda_function_arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [module.rotate_db, aws_secretsmanager_secret_version.db]
}

resource "aws_secretsmanager_secret_rotation" "api" {
  secret_id           = aws_secretsmanager_secret.api.id
  rotation_lambda_arn = module.rotate_api.lambda_function_arn
  rotation_rules {
    automatically_after_days = 30
  }
  depends_on = [module.rotate_api, aws_secretsmanager_secret_version.api]
}
