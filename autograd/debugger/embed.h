#pragma once

// Puts the gdb script, autograd/debugger/gdb_*.py, into the section that gdb looks for scripts in: a program brings it
// along, however ebb is linked and wherever it is installed. It is no part of what is loaded to run. An entry is the
// byte 4 (Python, as text), a name, a newline, the script, and a null; the linker merges equal ones. The parts run as
// one module, and once, so that they share no name with the scripts of others.
#if defined(__ELF__) && defined(EBB_DEBUGGER)
#define EBB_GDB_PART(name) ".incbin \"" EBB_DEBUGGER "/gdb_" name ".py\"\n"
asm(".pushsection \".debug_gdb_scripts\", \"MS\", %progbits, 1\n"
    ".byte 4\n"
    ".ascii \"ebb\\n\"\n"
    ".ascii \"import sys, types\\n\"\n"
    ".ascii \"if 'ebb_gdb' not in sys.modules:\\n\"\n"
    ".ascii \"  sys.modules['ebb_gdb'] = types.ModuleType('ebb_gdb')\\n\"\n"
    ".ascii \"  exec(compile(r'''\"\n"  // so no part may hold three single quotes
    EBB_GDB_PART("values") EBB_GDB_PART("tapes") EBB_GDB_PART("commands") EBB_GDB_PART("stops")
    ".ascii \"''', 'ebb_gdb', 'exec'), sys.modules['ebb_gdb'].__dict__)\\n\"\n"
    ".byte 0\n"
    ".popsection");
#undef EBB_GDB_PART
#endif
