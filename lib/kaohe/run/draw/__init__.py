"""The command `kaohe draw`: registers in, lists, workbooks and a protocol that anybody can check out."""
