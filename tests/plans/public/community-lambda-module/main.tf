# A function made by a module as many teams share one: triggers and statements are maps, and what they leave out is left out.
variable "account_id" {
  default = "111122223333"
}

resource "aws_secretsmanager_secret" "this" {
  name = "orders/db"
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = jsonencode({ username = "orders", password = "changed by the first rotation" })
}

module "rotation" {
  source = "./lambda"

  function_name = "rotate-orders"
  handler       = "rotate.handler"
  runtime       = "python3.13"
  timeout       = 60
  statements = {
    secret = {
      actions = [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
      ]
      resources = [aws_secretsmanager_secret.this.arn]
    }
    password = {
      actions   = ["secretsmanager:GetRandomPassword"]
      resources = ["*"]
    }
  }
  allowed_triggers = {
    secrets = { principal = "secretsmanager.amazonaws.com" }
  }
}

resource "aws_secretsmanager_secret_rotation" "this" {
  secret_id           = aws_secretsmanager_secret.this.id
  rotation_lambda_arn = module.rotation.arn
  rotation_rules {
    automatically_after_days = 30
  }
}
