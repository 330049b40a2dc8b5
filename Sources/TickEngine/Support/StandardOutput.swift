import CLinux

/// What a command prints.
public enum StandardOutput {
  /// Hands the kernel what waits; false: some of what was printed since the start is lost.
  public static func flush() -> Bool { clinux_flush_output() }
}
