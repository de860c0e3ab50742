/**
 * Imported before anything else: with `DEBUG` set, ioredis and others print credentials. What is gone when they are
 * loaded cannot make them talk.
 */
process.env.DEBUG = '';
