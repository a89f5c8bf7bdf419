#include <cmath>
#include <cstring>

#include "support/check.hpp"
#include "support/files.hpp"

using namespace ebb_test;
using nn::RunLog;

namespace {

template <class Unsigned>
Unsigned number_at(const std::string& bytes, std::size_t at) {
  Unsigned x = 0;
  REQUIRE(at + sizeof(x) <= bytes.size());
  std::memcpy(&x, bytes.data() + at, sizeof(x));
  return x;
}

/// CRC-32C, bit by bit, as a second word on the table.
std::uint32_t checksum(const std::string& bytes) {
  std::uint32_t rest = 0xffffffffU;
  for (const char byte : bytes) {
    rest ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ 0x82f63b78U : rest >> 1;
  }
  rest = ~rest;
  return (rest >> 15 | rest << 17) + 0xa282ead8U;
}

/// The data of the records in an event file, their lengths and checksums checked.
std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at < file.size();) {
    const auto length = number_at<std::uint64_t>(file, at);
    CHECK(number_at<std::uint32_t>(file, at + 8) == checksum(file.substr(at, 8)));
    records.push_back(file.substr(at + 12, length));
    CHECK(number_at<std::uint32_t>(file, at + 12 + length) == checksum(records.back()));
    at += 16 + length;
  }
  return records;
}

std::string events_in(const TemporaryFolder& folder) {
  for (const std::string& name : folder.names())
    if (name.starts_with("events.out.tfevents.")) return text_of(folder.path + "/" + name);
  return {};
}

}  // namespace

TEST_CASE("each step is in both files as soon as it is logged") {
  const TemporaryFolder folder;
  RunLog log(folder.path + "/runs/first");
  log.write(0, {{"loss", 0.5}, {"gradient, \"norm\"", 1e-30}});
  log.write(2, {{"loss", NAN}, {"gradient, \"norm\"", -INFINITY}});
  CHECK(text_of(folder.path + "/runs/first/metrics.csv") ==
        "step,loss,\"gradient, \"\"norm\"\"\"\n0,0.5,1e-30\n2,nan,-inf\n");
  CHECK(text_of(folder.path + "/runs/first/metrics.jsonl") ==
        "{\"step\":0,\"loss\":0.5,\"gradient, \\\"norm\\\"\":1e-30}\n"
        "{\"step\":2,\"loss\":null,\"gradient, \\\"norm\\\"\":null}\n");
  CHECK(read_csv(folder.path + "/runs/first/metrics.csv").numbers<double>({"loss"}).at({0, 0}) == 0.5);
}

TEST_CASE("a training that is resumed drops what comes again, and a line that was not finished") {
  const TemporaryFolder folder;
  {
    RunLog log(folder.path);
    for (Index step = 0; step < 4; ++step) log.write(step, {{"loss", static_cast<double>(step)}});
  }
  write_text(folder.path + "/metrics.csv", text_of(folder.path + "/metrics.csv") + "4,0.");
  RunLog log(folder.path, {.first_step = 2});
  log.write(2, {{"loss", 7}});
  CHECK(text_of(folder.path + "/metrics.csv") == "step,loss\n0,0\n1,1\n2,7\n");
  CHECK(text_of(folder.path + "/metrics.jsonl") ==
        "{\"step\":0,\"loss\":0}\n{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":7}\n");
  RunLog anew(folder.path, {.first_step = 0});
  CHECK(text_of(folder.path + "/metrics.csv").empty());
  anew.write(0, {{"loss", 1}, {"rate", 2}});  // with other columns
  CHECK(text_of(folder.path + "/metrics.csv") == "step,loss,rate\n0,1,2\n");
}

TEST_CASE("a log that is there is neither gone on with nor dropped unless that is said") {
  const TemporaryFolder folder;
  RunLog(folder.path).write(7, {{"loss", 1}});
  CHECK_ERROR(RunLog(folder.path), "holds a log; to go on with it, say {.first_step = ...}, and to start anew, 0");
  CHECK(text_of(folder.path + "/metrics.csv") == "step,loss\n7,1\n");
}

TEST_CASE("files that no log is are left as they are, both of them") {
  const TemporaryFolder folder;
  const std::string csv = folder.path + "/metrics.csv", lines = folder.path + "/metrics.jsonl";
  write_text(csv, "epoch,step,loss\n0,1,0.5\n");
  CHECK_ERROR(RunLog(folder.path, {.first_step = 0}), "its first column is not the step");
  CHECK(text_of(csv) == "epoch,step,loss\n0,1,0.5\n");
  write_text(csv, "step,loss\n0,1\n");
  write_text(lines, "{\"loss\":1}\n");
  CHECK_ERROR(RunLog(folder.path, {.first_step = 0}), "metrics.jsonl': its line 1 is none of a log");
  CHECK(text_of(csv) == "step,loss\n0,1\n");
}

TEST_CASE("TensorBoard's events: records with their checksums, in protocol buffers") {
  const TemporaryFolder folder;
  {
    RunLog log(folder.path, {.first_step = 300, .tensorboard = true});
    log.write(300, {{"loss", 0.5}});
  }
  const std::vector<std::string> found = records(events_in(folder));
  REQUIRE(found.size() == 3);
  for (const std::string& event : found) {
    CHECK(event[0] == '\x09');  // wall_time, a double
    CHECK(event[9] == '\x10');  // step, a varint
  }
  CHECK(found[0].substr(10) == std::string("\0\x1a\x0d"
                                           "brain.Event:2",
                                           16));                     // file_version, 13 bytes
  CHECK(found[1].substr(10) == "\xac\x02\x3a\x02\x08\x01");          // step 300; session_log: status START
  const std::string value("\x0a\x04loss\x15\0\0\0\x3f", 11);         // tag; simple_value, 0.5
  CHECK(found[2].substr(10) == "\xac\x02\x2a\x0d\x0a\x0b" + value);  // summary, 13 bytes; value, 11
}

TEST_CASE("numbers that go by other names, steps that go back, and files of others are refused") {
  const TemporaryFolder folder;
  RunLog log(folder.path);
  log.write(3, {{"loss", 1}});
  CHECK_ERROR((log.write(4, {{"accuracy", 1}})), "the columns are \"step,accuracy\", and were \"step,loss\"");
  CHECK_ERROR((log.write(3, {{"loss", 1}})), "step 3 does not come after 3", "{.first_step = 3}");
  CHECK_ERROR((log.write(4, {{"step", 1}})), "\"step\" cannot name a number");
  CHECK_ERROR((log.write(4, {{"loss", 1}, {"loss", 2}})), "\"loss\" cannot name a number, or names two");
  CHECK_ERROR(log.write(4, {}), "there is no number to log of step 4");
  CHECK_ERROR((log.write(4, {{"\xff", 1}})), "is no UTF-8");
  CHECK(text_of(folder.path + "/metrics.csv") == "step,loss\n3,1\n");
  CHECK_ERROR(RunLog(folder.path, {.first_step = -1}), "there is no step -1");
  write_text(folder.path + "/metrics.csv", "step,name\nann,7\n");
  CHECK_ERROR(RunLog(folder.path, {.first_step = 0}), "cannot go on with '", "its line 2 is none of a log");
  CHECK_ERROR(RunLog("/dev/null/runs"), "cannot make the folder '/dev/null/runs'");
  RunLog moved = std::move(log);
  CHECK_ERROR((log.write(9, {{"loss", 1}})), "moved from");
}

TEST_CASE("what cannot be written is said") {
  const TemporaryFolder folder;
  RunLog log(folder.path);
  const FileSizeLimit limit(20);
  CHECK_ERROR(([&] {
                for (Index step = 0; step < 20; ++step) log.write(step, {{"loss", 1}});
              }()),
              "RunLog: cannot write '" + folder.path, "File too large");
}
