// The events by which the manager tells what has changed.

import { inCluster, parsed } from "./api.js";

// The manager says something at least every 15 s.
const silent = 40_000;

// Live listens to the manager's events, and says by calls whether it hears it: heard({what}) for each event, turned(true or
// false) when the line comes and goes. A page that nobody sees does not listen, for a browser gives one server six connections
// for all its pages.
export class Live {
  #cluster;
  #heard;
  #turned;
  #source = null;
  #timer = null;

  constructor(cluster, heard, turned) {
    this.#cluster = cluster;
    this.#heard = heard;
    this.#turned = turned;
    document.addEventListener("visibilitychange", this.#look);
    window.addEventListener("online", this.#again);
    this.#look();
  }

  end() {
    document.removeEventListener("visibilitychange", this.#look);
    window.removeEventListener("online", this.#again);
    this.#close();
  }

  #look = () => {
    if (document.hidden) this.#close();
    else if (!this.#source) this.#open();
  };

  #again = () => {
    this.#close();
    this.#look();
  };

  #open() {
    const source = new EventSource(inCluster("/api/v1/events", this.#cluster));
    this.#source = source;
    source.onopen = () => {
      this.#wait();
      this.#turned(true);
    };
    source.onerror = () => {
      this.#turned(false);
      // The browser tries again by itself, but gives up on an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) this.#later(5_000);
    };
    source.addEventListener("alive", () => this.#wait());
    source.addEventListener("changed", (event) => {
      this.#wait();
      this.#heard(parsed(event.data) ?? {});
    });
  }

  #close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#turned(false);
      this.#again();
    }, silent);
  }

  #later(time) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#again, time);
  }
}
