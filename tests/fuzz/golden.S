    .section .rodata
    .globl golden_start, golden_end
    .p2align 12
golden_start:
    .incbin GOLDEN
golden_end:
    .section .note.GNU-stack,"",%progbits
