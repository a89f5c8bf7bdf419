// Compiled twice: what check_symbols.sh must find.
inline int shared_function() { return 1; }

int (*use)() = shared_function;
