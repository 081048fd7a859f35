// SPDX-License-Identifier: Apache-2.0
#include "deployment/stage_graph.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tiercut::deployment {
namespace {

Connection tcp(Seconds round_trip) {
  Connection connection;
  connection.transport.kind = scenarios::Transport::Kind::tcp;
  connection.round_trip = Span::from(round_trip);
  return connection;
}

// docs/transport.md, column "cubic, first message": measured milliseconds from send to answer.
TEST(WindowDelay, FirstMessageIsWithinFivePercentOfTheMeasurement) {
  const std::vector<std::pair<double, double>> measured = {
      {100, 31.0}, {4'000, 30.8}, {14'000, 30.9}, {16'000, 61.2}, {64'000, 92.7}, {256'000, 156.3}, {1'000'000, 224.2}};
  const Connection connection = tcp(Seconds(0.0304));
  const BytesPerSecond bandwidth(105e6);
  for (const auto& [bytes, milliseconds] : measured) {
    Bytes window = connection.transport.initial_window;
    const Span delay = window_delay(connection, Bytes(bytes), bandwidth, window);
    const double predicted = 30.4 + bytes / 105e6 * 1e3 + delay.seconds().value() * 1e3;
    EXPECT_NEAR(predicted, milliseconds, 0.05 * milliseconds) << bytes << " bytes";
  }
}

TEST(WindowDelay, DoublesUntilTheMessageFits) {
  // 64,000 bytes in windows of 14,480, 28,960 and the rest: two stalls of 30 ms less what it takes to send the windows.
  const Connection connection = tcp(Seconds(0.030));
  Bytes window(14480);
  EXPECT_EQ(window_delay(connection, Bytes(64000), BytesPerSecond(1e8), window),
            Span(60'000'000'000 - 144'800'000 - 289'600'000));
  EXPECT_EQ(window, Bytes(57920));
  EXPECT_EQ(window_delay(connection, Bytes(57920), BytesPerSecond(1e8), window), Span(0));
  EXPECT_EQ(window, Bytes(57920));
}

TEST(WindowDelay, AMessageOfExactlyTheWindowIsNotDelayed) {
  const Connection connection = tcp(Seconds(0.030));
  Bytes window(14480);
  EXPECT_EQ(window_delay(connection, Bytes(14480), BytesPerSecond::infinite(), window), Span(0));
  EXPECT_EQ(window_delay(connection, Bytes(14481), BytesPerSecond::infinite(), window), Span(30'000'000'000));
}

TEST(WindowDelay, NeverGrowsBeyondTheLargestWindow) {
  Connection connection = tcp(Seconds(0.010));
  connection.transport.largest_window = Bytes(2000);
  Bytes window(1000);
  // 1000, 2000, 2000, 2000, then the last 1000: four stalls.
  EXPECT_EQ(window_delay(connection, Bytes(8000), BytesPerSecond::infinite(), window), Span(40'000'000'000));
  EXPECT_EQ(window, Bytes(2000));
}

TEST(WindowDelay, StopsWhereTheLinkIsTheLimit) {
  const Connection connection = tcp(Seconds(0.010));
  Bytes window(1000);
  // 1000 bytes take 5 ms; 2000 take the whole round trip.
  EXPECT_EQ(window_delay(connection, Bytes(1e6), BytesPerSecond(2e5), window), Span(5'000'000'000));
  EXPECT_EQ(window, Bytes(2000));
}

TEST(WindowDelay, IdealTransportHasNone) {
  Connection connection = tcp(Seconds(0.010));
  connection.transport.kind = scenarios::Transport::Kind::ideal;
  Bytes window(10);
  EXPECT_EQ(window_delay(connection, Bytes(1e9), BytesPerSecond::infinite(), window), Span(0));
  EXPECT_EQ(window, Bytes(10));
}

TEST(Transmission, IsOverheadAndBytesOnThePicosecondGrid) {
  Resource link;
  link.overhead = Span(7);
  EXPECT_EQ(transmission(link, Bytes(1000)), Span(7));  // unlimited
  link.bandwidth = BytesPerSecond(3e12);
  EXPECT_EQ(transmission(link, Bytes(5)), Span(9));  // 1.67 ps
}

TEST(StageGraph, NamesItsTerms) {
  EXPECT_EQ(to_text(Term::queue), "queue");
  EXPECT_EQ(to_text(Term::transport), "transport");
  EXPECT_EQ(to_text(Term::aggregation_wait), "aggregation wait");
  EXPECT_EQ(to_text(Term::return_), "return");
}

TEST(StageGraph, NamesItsKinds) {
  EXPECT_EQ(kind_of({"", {}, Source{}}), "source");
  EXPECT_EQ(kind_of({"", {}, Control{}}), "control");
  EXPECT_EQ(kind_of({"", {}, FirstConclusive{}}), "first-conclusive");
  EXPECT_EQ(kind_of({"", {}, Answer{}}), "answer");
}

}  // namespace
}  // namespace tiercut::deployment
