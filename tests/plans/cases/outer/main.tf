variable "secret" {}
module "inner" {
  source = "./inner"
  what   = { secret = var.secret }
}
resource "aws_secretsmanager_secret_rotation" "outer" {
  secret_id = var.secret
  rotation_rules {
    automatically_after_days = 30
  }
}
