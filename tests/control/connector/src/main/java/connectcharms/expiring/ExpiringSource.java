package connectcharms.expiring;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Reads numbered records from a server that lets nobody in for long: an access token expires, and the refresh token that gets the next
 * one is good for one use. The connector says what it has now in a control message, and relies on being configured with it: a task
 * that is started later has nothing but its configuration.
 */
public final class ExpiringSource extends SourceConnector {
  static final String VERSION = "1.0.0";

  private Map<String, String> properties;

  @Override
  public String version() {
    return VERSION;
  }

  @Override
  public ConfigDef config() {
    return Settings.DEFINITION;
  }

  @Override
  public void start(Map<String, String> given) {
    properties = Map.copyOf(given);
  }

  @Override
  public Class<? extends Task> taskClass() {
    return ExpiringTask.class;
  }

  /** One task: what a token is good for cannot be divided. */
  @Override
  public List<Map<String, String>> taskConfigs(int maxTasks) {
    return List.of(properties);
  }

  /** Each poll is a transaction, in which its records and how far the task has come are one. */
  @Override
  public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> config) {
    return ExactlyOnceSupport.SUPPORTED;
  }

  @Override
  public void stop() {
    // It has nothing that runs: the task does.
  }
}
