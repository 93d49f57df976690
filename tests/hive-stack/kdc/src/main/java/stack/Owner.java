package stack;

/** Ends this JVM when the process that started the stack is gone, however it ended. */
final class Owner {
  private Owner() {}

  /** Starts to watch the process whose id is the property stack.owner, if there is one. */
  static void watch() {
    String owner = System.getProperty("stack.owner");
    if (owner != null) {
      ProcessHandle.of(Long.parseLong(owner)).ifPresentOrElse(
          process -> process.onExit().thenRun(() -> System.exit(1)), () -> System.exit(1));
    }
  }
}
