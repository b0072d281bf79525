variable "create" {
  type    = bool
  default = true
}
variable "name" { type = string }
variable "vpc_id" { type = string }
variable "ingress_with_cidr_blocks" {
  type    = list(map(string))
  default = []
}
variable "egress_with_source_group" {
  type    = map(string)
  default = {}
}
variable "rules" {
  # What is known by name: from, to, protocol.
  type    = map(list(any))
  default = { "https-443-tcp" = [443, 443, "tcp"], "all-all" = [-1, -1, "-1"] }
}

resource "aws_security_group" "this" {
  count = var.create ? 1 : 0

  name   = var.name
  vpc_id = var.vpc_id
}

resource "aws_security_group_rule" "ingress_with_cidr_blocks" {
  count = var.create ? length(var.ingress_with_cidr_blocks) : 0

  security_group_id = aws_security_group.this[0].id
  type              = "ingress"
  cidr_blocks       = compact(split(",", lookup(var.ingress_with_cidr_blocks[count.index], "cidr_blocks", "")))
  from_port         = lookup(var.ingress_with_cidr_blocks[count.index], "from_port", var.rules[lookup(var.ingress_with_cidr_blocks[count.index], "rule", "_")][0])
  to_port           = lookup(var.ingress_with_cidr_blocks[count.index], "to_port", var.rules[lookup(var.ingress_with_cidr_blocks[count.index], "rule", "_")][1])
  protocol          = lookup(var.ingress_with_cidr_blocks[count.index], "protocol", var.rules[lookup(var.ingress_with_cidr_blocks[count.index], "rule", "_")][2])
}

resource "aws_vpc_security_group_egress_rule" "source_group" {
  for_each = { for name, group in var.egress_with_source_group : name => group if var.create }

  security_group_id            = aws_security_group.this[0].id
  referenced_security_group_id = each.value
  from_port                    = 443
  to_port                      = 443
  ip_protocol                  = "tcp"
}

output "security_group_id" {
  value = try(aws_security_group.this[0].id, "")
}
