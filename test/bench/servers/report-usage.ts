/** Loaded into each measured server before its own code: answers the bench's question for what it has used so far. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicroseconds: user + system, residentBytes: process.memoryUsage.rss() });
});
// a bench that was interrupted leaves no server behind
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
