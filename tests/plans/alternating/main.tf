locals {
  account = "111122223333"
  region  = "eu-west-1"
  prefix  = "shop"
  secrets = {
    orders = { user = "orders", days = 30 }
  }
}

resource "aws_kms_key" "secrets" {
  description             = "secrets of shop"
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_kms_alias" "secrets" {
  name          = "alias/${local.prefix}/secrets"
  target_key_id = aws_kms_key.secrets.key_id
}

data "aws_iam_policy_document" "admins" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${local.account}:root"]
    }
  }
}

data "aws_iam_policy_document" "key" {
  source_policy_documents = [data.aws_iam_policy_document.admins.json]
  dynamic "statement" {
    for_each = module.rotator
    content {
      sid       = "Rotation${title(statement.key)}"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = [statement.value.role_arn]
      }
      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:SecretARN"
        values   = [aws_secretsmanager_secret.db[statement.key].arn]
      }
    }
  }
}

resource "aws_kms_key_policy" "secrets" {
  key_id = aws_kms_key.secrets.key_id
  policy = data.aws_iam_policy_document.key.json
}

resource "aws_secretsmanager_secret" "db" {
  for_each                = local.secrets
  name                    = "${local.prefix}/${each.key}/db"
  kms_key_id              = aws_kms_key.secrets.arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "db" {
  for_each      = local.secrets
  secret_id     = aws_secretsmanager_secret.db[each.key].id
  secret_string = jsonencode({ username = each.value.user, password = "change-me", engine = "mysql", masterarn = aws_secretsmanager_secret.master.arn })
  lifecycle {
    ignore_changes = [secret_string]
  }
}

module "rotator" {
  source     = "./modules/rotator"
  for_each   = local.secrets
  name       = "${local.prefix}-${each.key}-rotation"
  secret_arn = aws_secretsmanager_secret.db[each.key].arn
  account    = local.account
  env        = { LOG_LEVEL = "INFO" }
}

resource "aws_secretsmanager_secret_rotation" "db" {
  for_each            = local.secrets
  secret_id           = aws_secretsmanager_secret.db[each.key].id
  rotation_lambda_arn = module.rotator[each.key].function_arn
  rotation_rules {
    automatically_after_days = each.value.days
  }
  depends_on = [module.rotator, aws_secretsmanager_secret_version.db]
}

resource "aws_secretsmanager_secret" "master" {
  name       = "${local.prefix}/master"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_secretsmanager_secret_version" "master" {
  secret_id     = aws_secretsmanager_secret.master.id
  secret_string = jsonencode({ username = "root", password = "change-me" })
}
