/** The process did what was asked. */
export const EXIT_OK = 0;

/** It could not, for a reason that it told. */
export const EXIT_FAILURE = 1;

/** sysexits.h EX_USAGE: the command line was wrong. */
export const EXIT_USAGE = 64;
