// main.cc: where the program begins; see cli/cli.h.
#include "cli/cli.h"

int main(int argc, char** argv) { return cli::run(argc, argv); }
