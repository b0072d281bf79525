# A rotation as teams write it around a module for functions: one module call for each database, policies by jsonencode, a permission by triggers.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  databases = {
    orders  = { days = 30 }
    billing = { days = 7 }
  }
  account = data.aws_caller_identity.current.account_id
}

resource "aws_kms_key" "secrets" {
  enable_key_rotation = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Account"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_secretsmanager_secret" "database" {
  for_each   = local.databases
  name       = "${each.key}/database"
  kms_key_id = aws_kms_key.secrets.arn
}

resource "aws_secretsmanager_secret_version" "database" {
  for_each      = aws_secretsmanager_secret.database
  secret_id     = each.value.id
  secret_string = "{}"
}

module "rotate" {
  source   = "./lambda"
  for_each = local.databases

  name = "rotate-${each.key}"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
        Resource = aws_secretsmanager_secret.database[each.key].arn
      },
      { Effect = "Allow", Action = "secretsmanager:GetRandomPassword", Resource = "*" },
      ], each.key == "billing" ? [] : [
      # The one team that forgot the key's context, and took all of KMS.
      { Effect = "Allow", Action = "kms:*", Resource = aws_kms_key.secrets.arn },
    ])
  })
  allowed_triggers = {
    secrets = { service = "secretsmanager" }
  }
}

# Attached to nothing that runs.
resource "aws_iam_role" "decoy" {
  name = "rotate-decoy"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_secretsmanager_secret_rotation" "database" {
  for_each            = local.databases
  secret_id           = aws_secretsmanager_secret.database[each.key].id
  rotation_lambda_arn = module.rotate[each.key].arn
  rotation_rules {
    automatically_after_days = each.value.days
  }
}
