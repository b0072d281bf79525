variable "what" {}
resource "aws_secretsmanager_secret_rotation" "inner" {
  secret_id = var.what.secret
  rotation_rules {
    automatically_after_days = 30
  }
}
