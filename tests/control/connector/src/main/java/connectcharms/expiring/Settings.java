package connectcharms.expiring;

import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** What the connector is configured with. */
final class Settings extends AbstractConfig {
  static final String NAME = "name";
  static final String URL = "url";
  static final String TOKEN = "token";
  static final String REFRESH_TOKEN = "refresh.token";
  static final String TOPIC = "topic";
  static final String INTERVAL = "interval.ms";
  static final String PATIENCE = "patience.ms";
  static final String CONTROL_TOPIC = "control.topic";

  /** What the producer of control messages is given: all that a Kafka client takes, behind this. */
  static final String CONTROL_PRODUCER = "control.producer.";

  static final ConfigDef DEFINITION =
      new ConfigDef()
          .define(URL, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new ConfigDef.NonEmptyString(), Importance.HIGH, "Where the records are.")
          .define(TOKEN, Type.PASSWORD, ConfigDef.NO_DEFAULT_VALUE, Settings::notEmpty, Importance.HIGH, "Lets in, until it expires.")
          .define(REFRESH_TOKEN, Type.PASSWORD, ConfigDef.NO_DEFAULT_VALUE, Settings::notEmpty, Importance.HIGH, "Gets the next token, once.")
          .define(TOPIC, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new ConfigDef.NonEmptyString(), Importance.HIGH, "Where the records go.")
          .define(INTERVAL, Type.LONG, 100L, ConfigDef.Range.between(1, 60_000), Importance.LOW, "How long it waits where there are no new records.")
          .define(PATIENCE, Type.LONG, 120_000L, ConfigDef.Range.atLeast(1), Importance.LOW, "How long it waits for its next configuration, when its own is used up.")
          .define(CONTROL_TOPIC, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, new ConfigDef.NonEmptyString(), Importance.HIGH, "Where control messages go.")
          .define(CONTROL_PRODUCER + "bootstrap.servers", Type.STRING, ConfigDef.NO_DEFAULT_VALUE, Importance.HIGH, "The Kafka of that topic.");

  Settings(Map<String, String> given) {
    super(DEFINITION, given, false);
  }

  private static void notEmpty(String name, Object value) {
    if (value == null || ((Password) value).value().isEmpty()) {
      throw new ConfigException(name, Password.HIDDEN, "must not be empty");
    }
  }
}
