// SPDX-License-Identifier: Apache-2.0
#include "scenarios/limits.hpp"
#include "scenarios/scenario.hpp"

namespace tiercut::scenarios {
namespace {

ShapePointer name_of_device() { return shape::text(); }

ShapePointer one_or_several(const ShapePointer& element) { return shape::either({element, shape::list(element, 1)}); }

ShapePointer span() { return shape::quantity(Dimension::time, 0, longest_time_s); }

ShapePointer positive_span() { return shape::quantity(Dimension::time, shortest_time_s, longest_time_s); }

ShapePointer variation() {
  const std::vector<Field> coefficient = {
      {"coefficient_of_variation", shape::number(0, largest_variation), true, "Standard deviation over mean."}};
  return shape::tagged("distribution", {},
                       {{"constant", {}}, {"exponential", {}}, {"lognormal", coefficient}, {"gamma", coefficient}});
}

ShapePointer queue() {
  return shape::record({
      {"length", shape::integer(0, most_waiting), false,
       "How many may wait beside what is served; as many as come when absent."},
      {"drop", shape::word({"newest", "oldest"}), false, "Who goes when it is full; newest when absent."},
      {"deadline", span(), false,
       "Whose turn comes later than this after the arrival of the sample goes as well; nobody when absent."},
  });
}

ShapePointer device() {
  return shape::either({
      shape::text(),
      shape::record({
          {"profile", shape::text(), false,
           "A shipped profile or a path relative to this file; without one the device runs no layers."},
          {"count", shape::integer(1, most_alike), false, "How many alike form this group; 1 when absent."},
          {"execution", shape::word({"call", "layer"}), false,
           "A run of layers as one call, or layer by layer; as the profile says when absent."},
          {"usable_memory", shape::positive(Dimension::size), false, "Replaces what the profile says of every pool."},
          {"variation", variation(), false,
           "How what runs there scatters about its mean cost; replaces what the profile says."},
          {"workers", shape::integer(1, most_workers), false,
           "Samples that each unit serves at a time, each as fast as one by itself; 1 when absent."},
          {"queue", queue(), false, "What the line in front of each unit does not take; everything waits when absent."},
      }),
  });
}

ShapePointer jitter() {
  const std::vector<Field> about_zero = {
      {"mean", span(), false, "Added to the latency on average; 0 when absent."},
      {"deviation", positive_span(), true, "Standard deviation."},
  };
  const std::vector<Field> above_zero = {
      {"mean", positive_span(), true, "Added to the latency on average."},
      {"deviation", positive_span(), true, "Standard deviation."},
  };
  return shape::tagged("distribution", {},
                       {{"normal", about_zero},
                        {"uniform", about_zero},
                        {"lognormal", above_zero},
                        {"gamma", above_zero},
                        {"empirical",
                         {{"file", shape::text(), true,
                           "Delays that were measured, beside the scenario: CSV with a column delay_s."}}}});
}

ShapePointer transport() {
  const auto window = shape::quantity(Dimension::size, 1, largest_window_bytes);
  return shape::either({
      shape::word({"ideal"}),
      shape::record({
          {"protocol", shape::word({"tcp"}), true, "What carries the messages."},
          {"congestion", shape::word({"cubic", "reno"}), false, "Congestion control; cubic when absent."},
          {"initial_window", window, false, "What a new or idle connection sends in its first round trip; 14480 B."},
          {"largest_window", window, false, "Where the window stops growing; 4194304 B when absent."},
          {"idle_restart", span(), false, "Silence after which the window starts over; 230 ms when absent."},
      }),
  });
}

ShapePointer link() {
  return shape::record({
      {"from", one_or_several(name_of_device()), false, "Where messages enter: a device, a group, or a list."},
      {"to", one_or_several(name_of_device()), false, "Where messages leave."},
      {"between", shape::list(name_of_device(), 2), false,
       "Instead of from and to: two ends [a, b]; makes this link from a to b and a second one, NAME.back, from b to "
       "a."},
      {"shared", shape::boolean(), false, "One medium for all its ends instead of one link a pair; false when absent."},
      {"latency", span(), true, "One way."},
      {"bandwidth", shape::positive(Dimension::bandwidth, {"unlimited"}), true, "What it carries, or unlimited."},
      {"overhead", span(), false, "Transmission time of a message besides its bytes; 0 when absent."},
      {"discipline", shape::word({"fifo", "fair"}), false,
       "Messages one after the other (fifo, the default), or all at once at equal shares."},
      {"jitter", jitter(), false, "Random part of the latency, drawn for each message."},
      {"loss",
       shape::record({
           {"probability", shape::quantity(Dimension::ratio, 0, most_loss), true, "Of one attempt."},
           {"timeout", positive_span(), true, "From the end of a lost attempt to the next one."},
       }),
       false, "Messages that are lost and sent again."},
      {"queue", queue(), false, "What the line in front of a fifo link does not take; everything waits when absent."},
      {"power",
       shape::record({
           {"send", shape::non_negative(Dimension::power), true, "Of the sending device."},
           {"receive", shape::non_negative(Dimension::power), true, "Of the receiving one."},
       }),
       false, "What the link adds to what the devices at its ends draw, while it transmits."},
      {"transport", transport(), false, "ideal (the default) or tcp, whose window costs round trips."},
  });
}

ShapePointer workload() {
  const auto source = shape::either({
      name_of_device(),
      shape::record({
          {"device", name_of_device(), true, "Where the input arises."},
          {"offset", span(), false, "After the arrival of the sample; 0 when absent."},
      }),
  });
  const std::vector<Field> rate_or_period = {
      {"period", positive_span(), false, "Mean time between two samples."},
      {"rate", shape::quantity(Dimension::frequency, 1 / longest_time_s, 1 / shortest_time_s), false,
       "Samples a second; instead of the period."},
  };
  std::vector<Field> burst = rate_or_period;
  burst.push_back({"burst", positive_span(), true, "Mean length of a burst, exponential."});
  burst.push_back({"silence", positive_span(), true, "Mean time between two bursts, exponential."});
  const std::vector<Field> recorded = {
      {"file", shape::text(), true,
       "CSV beside this one with the column arrival_s, ascending; of samples that arise at a group arrival_s,member."},
      {"wrap", shape::boolean(), false,
       "Whether the arrivals come again, a mean gap behind the last, when they are too few; false when absent."},
  };
  return shape::record({
      {"inputs", shape::map(source, 1), true, "For each Input layer of the model the device at which it arises."},
      {"arrivals",
       shape::tagged(
           "process", {},
           {{"periodic", rate_or_period}, {"poisson", rate_or_period}, {"bursty", burst}, {"trace", recorded}}),
       true, "How samples follow one another; of each member, when they arise at a group."},
      {"answer", name_of_device(), true, "The device that wants the answer."},
      {"answer_size", shape::non_negative(Dimension::size), false,
       "Bytes of the answer; the tensor of the layer that answers when absent."},
      {"warm_up", shape::integer(0, most_warm_up), false, "First samples left out of the statistics; 0 when absent."},
  });
}

ShapePointer share() { return shape::quantity(Dimension::ratio, 0, 1); }

ShapePointer requirement() {
  const auto confidence = shape::quantity(Dimension::ratio, 0.5, 0.999999, {"none"});
  const std::string confidence_meaning =
      "That it holds beyond the recorded samples, tested on those not used to choose; 95 % when absent, none: as "
      "measured.";
  std::vector<std::string> statistics;
  for (const Statistic statistic : all_statistics) statistics.emplace_back(to_text(statistic));
  return shape::record({
      {"latency",
       shape::record({
           {"statistic", shape::word(std::move(statistics)), false, "What is held against the limit; max when absent."},
           {"at_most", positive_span(), true, "The limit."},
       }),
       false, "From the arrival of a sample to the delivery of its answer."},
      {"accuracy",
       shape::record({
           {"at_least", share(), true, "Of all samples, those answered rightly."},
           {"confidence", confidence, false, confidence_meaning},
       }),
       false, "Share of samples that are answered rightly, by the exit trace; instead of loss or f1."},
      {"loss",
       shape::record({
           {"measure", shape::word({"error", "gap", "disagreement", "class-error"}), false,
            "error (the default): wrong; gap: early and wrong where the final answer is right; disagreement: another "
            "than the final answer; class-error: wrong about one class."},
           {"class", shape::integer(0, most_alike), false, "Of a class error."},
           {"at_most", share(), true, "Of all samples."},
           {"confidence", confidence, false, confidence_meaning},
       }),
       false, "What early answers may cost, by the exit trace; instead of accuracy or f1."},
      {"f1",
       shape::record({
           {"class", shape::integer(0, most_alike), true, "The class that counts as found."},
           {"at_least", share(), true, "Harmonic mean of precision and recall, as measured."},
       }),
       false, "F1 of one class, by the exit trace; instead of accuracy or loss."},
  });
}

ShapePointer policy() {
  const auto escalation = shape::word({"after", "eager"});
  return shape::record({
      {"escalation", shape::either({escalation, shape::map(escalation)}), false,
       "after (the default): what lies behind an exit waits for its decision; eager: it does not. One word for all "
       "exits, or a word for each exit named."},
      {"fallback",
       shape::record({
           {"exit", shape::text(), true, "Whose answer."},
           {"after", span(), true, "How long the device that wants the answer waits for a better one."},
       }),
       false, "When no other answer comes in time, that of an exit that was not sure; never when absent."},
      {"cancel", shape::boolean(), false, "Whether an answer stops work that has become needless; false when absent."},
      {"control_size", shape::non_negative(Dimension::size), false, "Bytes of a control message; 8 B when absent."},
  });
}

std::vector<std::string> objectives() {
  std::vector<std::string> words;
  for (const Statistic statistic : all_statistics) words.emplace_back(to_text(statistic));
  words.emplace_back("accuracy");
  return words;
}

ShapePointer fault() {
  const auto date = shape::quantity(Dimension::time, 0, latest_fault_s);
  const auto mean = shape::quantity(Dimension::time, shortest_time_s, latest_fault_s);
  const auto outage = shape::record({
      {"down", date, true, "When it goes out of order, from the start of the run."},
      {"up", date, false, "When it is repaired; never when absent."},
  });
  return shape::record({
      {"device", shape::text(), false, "What fails: a device, with its units and its own links."},
      {"unit", shape::text(), false, "Only this unit of the device."},
      {"link", one_or_several(shape::text()), false,
       "What fails instead of a device: links. A way there and back are two links, NAME and NAME.back."},
      {"on_fault", shape::word({"lose", "resume"}), false,
       "What becomes of that which is there or comes: lost (the default), or it stands still and goes on afterwards."},
      {"times", shape::list(outage, 1), false, "When: stated, in the order of time."},
      {"trace", shape::text(), false, "When: a file of outages beside this one, CSV with the columns down_s,up_s."},
      {"mtbf", mean, false, "When: at random; mean time from a recovery to the next failure, exponential."},
      {"mttr", mean, false, "Mean time from a failure to its repair, exponential."},
      {"recovery", span(), false, "After each repair, still out of order; 0 when absent."},
  });
}

Format make() {
  const auto exit = shape::record({
      {"probability", shape::quantity(Dimension::ratio, 0, 1), false,
       "That the exit answers a sample that reaches it."},
      {"source", shape::text(), false, "Where the probability comes from."},
      {"threshold", shape::quantity(Dimension::ratio, 0, 1, {"auto"}), false,
       "In place of a probability: how sure the exit must be, held against the exit trace sample by sample. auto, or "
       "neither of the two beside an exit trace: `tiercut plan` chooses it."},
  });
  const auto exit_trace = shape::record({
      {"file", shape::text(), true, "A shipped trace, or a path relative to this file."},
      {"part", shape::word({"calibration", "test", "all"}), false, "Which samples; test when absent."},
      {"order", shape::word({"random", "recorded"}), false,
       "random (the default): each sample of a run draws a recorded one; recorded: one after the other."},
  });
  const auto join = shape::record({
      {"quorum", shape::integer(1, most_alike), true, "Inputs that are enough once the deadline has passed."},
      {"deadline", span(), false, "After the first input; without one every input that can come is waited for."},
  });
  const auto pin = shape::record({
      {"layers", one_or_several(shape::text()), true, "Layer names; * stands for any text, ? for one character."},
      {"device", name_of_device(), true, "Where these layers run."},
      {"unit", shape::text(), false, "On which of the device's units; on any when absent."},
  });
  return make_format(
      "tiercut/scenario/1", "tiercut scenario",
      {
          {"name", shape::text(), true, "Name of the scenario."},
          {"description", shape::text(), false, "The question it asks."},
          {"model", shape::text(), true, "A shipped model, as big-little/net1, or a path relative to this file."},
          {"devices", shape::map(device(), 1), true, "Devices by name: a profile, or a record."},
          {"links", shape::map(link()), false, "Links by name, each in one direction."},
          {"workload", workload(), true, "Where and how samples arise, and where the answer is wanted."},
          {"requirement", requirement(), false, "What must hold."},
          {"objective", shape::word(objectives()), false,
           "What is least among the plans that keep the requirement, or accuracy, which is greatest; mean when "
           "absent."},
          {"exits", shape::map(exit), false, "What is known of the model's exits, by name."},
          {"exit_trace", shape::either({shape::text(), exit_trace}), false,
           "Recorded samples that the exits' thresholds are held against: a shipped trace, or a path."},
          {"policy", policy(), false, "How a sample goes on behind an exit."},
          {"joins", shape::map(join), false, "Aggregations that do not wait for all, by layer."},
          {"pins", shape::list(pin), false, "Layers fixed to a place."},
          {"faults", shape::map(fault()), false, "What is out of order at times, by names of your own."},
      });
}

}  // namespace

const Format& scenario_format() {
  static const Format format = make();
  return format;
}

}  // namespace tiercut::scenarios
