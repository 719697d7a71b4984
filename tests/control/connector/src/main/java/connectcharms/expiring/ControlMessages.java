package connectcharms.expiring;

import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.connect.errors.ConnectException;

/** Where the connector says what of its configuration has changed. */
final class ControlMessages implements AutoCloseable {
  private final String connector;
  private final String topic;
  private final KafkaProducer<String, String> producer;

  ControlMessages(Settings settings) {
    connector = settings.originalsStrings().get(Settings.NAME);
    topic = settings.getString(Settings.CONTROL_TOPIC);
    Map<String, Object> given = settings.originalsWithPrefix(Settings.CONTROL_PRODUCER);
    given.put(ProducerConfig.ACKS_CONFIG, "all");
    producer = new KafkaProducer<>(given, new StringSerializer(), new StringSerializer());
  }

  /** Returns when Kafka has the message: only then may what it replaces be forgotten. */
  void configure(Map<String, String> config) throws InterruptedException {
    try {
      producer.send(new ProducerRecord<>(topic, connector, message(config, System.currentTimeMillis()))).get();
    } catch (ExecutionException e) {
      throw new ConnectException("the control message is not in Kafka", e.getCause());
    }
  }

  @Override
  public void close() {
    producer.close();
  }

  static String message(Map<String, String> config, long emittedAt) {
    StringJoiner keys = new StringJoiner(",", "{", "}");
    config.forEach((key, value) -> keys.add(text(key) + ":" + (value.matches("0|[1-9][0-9]{0,17}") ? value : text(value))));
    return "{\"type\":\"CONNECTOR_CONFIG\",\"emitted_at\":" + emittedAt + ",\"connectorConfig\":{\"config\":" + keys + "}}";
  }

  private static String text(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char c : value.toCharArray()) {
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
