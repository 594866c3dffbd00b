"""The configuration in `seeds/`: read, validated, and compared with what is published."""

CHECK = "configuration"
