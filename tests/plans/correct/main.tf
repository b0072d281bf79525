data "aws_caller_identity" "current" {}

resource "aws_kms_key" "db" {
  description = "the database's secret"
}

resource "aws_secretsmanager_secret" "db" {
  name       = "prod/db"
  kms_key_id = aws_kms_key.db.arn
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = "{\"password\":\"hunter2\"}"
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
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
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
  ]
}
