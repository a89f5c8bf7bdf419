// Where do gradients vanish in a deep stack of self-attention, and what brings them back?
//
// Trains the same stack on a text in several variants, side by side, and shows what became of the gradients in each.
// experiment/ trains and measures, report/ turns the results into tables, files, pictures and a page, and job/ is the
// program around both. The training loop is in experiment/train.cpp.
//
// Exit codes: 0; 1 if a claim does not hold with the default settings; 2 for input that cannot be used and output that
// cannot be written; 130 after Ctrl-C. What a run that was killed had done stays in the --out folder, for --resume.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstdio>
#include <new>

#include "../console.hpp"
#include "experiment/claims.hpp"
#include "experiment/model.hpp"
#include "job/interrupt.hpp"
#include "job/options.hpp"
#include "job/train_all.hpp"
#include "job/unfinished.hpp"
#include "report/outputs.hpp"
#include "report/table.hpp"
#include "report/text.hpp"

namespace va = vanishing_attention;

namespace {

enum ExitCode { all_holds = 0, claim_fails = 1, bad_input = 2, was_interrupted = 130 };

/// Returns the results as far as they are known before training.
va::Results describe(const va::Settings& settings, const va::Corpus& corpus) {
  va::Results results;
  results.settings = settings;
  for (const std::string& name : settings.variants) results.variants.push_back(va::find_variant(name));
  results.text_name = corpus.name;
  results.train_characters = corpus.train.values().size();
  results.held_out_characters = corpus.held_out.size();
  results.distinct_characters = corpus.characters.size();
  results.parameters =
      va::parameter_count(settings, results.variants.front(), static_cast<ebb::Index>(corpus.characters.size()));
  results.baselines = va::count_baselines(corpus);
  results.default_settings = va::is_default(settings);
  return results;
}

void show(const va::Results& results) {
  console::put(stdout, va::closing_table(results, console::wants_colour(stdout)) + '\n' + va::closing_chart(results));
  if (!results.settings.out.empty()) {
    const va::Outputs outputs = va::write_outputs(results, results.settings.out);
    for (const std::string& note : outputs.notes) console::put(stdout, note + '\n');
    console::put(stdout, fmt::format("Written to {}: {}\n", results.settings.out, fmt::join(outputs.files, ", ")));
  }
}

int exit_code(const va::Results& results) {
  if (results.interrupted) {
    console::put(stdout, "Interrupted: these are the runs as far as they got.\n");
    if (!results.settings.out.empty())
      console::put(stdout, fmt::format("To go on: the same command with --resume --out {}\n",
                                       va::one_line(results.settings.out)));
    return was_interrupted;
  }
  // The claims are made for the default settings. With other settings, one that does not hold is a finding, not an
  // error.
  if (!results.default_settings) return all_holds;
  ExitCode code = all_holds;
  for (const va::Verdict& verdict : results.verdicts)
    if (!verdict.holds) {
      code = claim_fails;
      console::put(stderr, fmt::format("claim does not hold: {} (expected {}, observed {})\n", verdict.claim,
                                       verdict.expected, verdict.observed));
    }
  return code;
}

int run(int argc, const char* const* argv) {
  const std::optional<va::Settings> asked = va::read_command_line(argc, argv);
  if (!asked) return all_holds;
  const va::Settings& settings = *asked;
  const va::Corpus corpus = va::read_corpus(settings.text, settings.context);
  va::Results results = describe(settings, corpus);
  if (!settings.out.empty()) va::check_writable(settings.out);
  const va::UnfinishedJob unfinished(settings, corpus);

  va::catch_interrupts();
  const auto start = std::chrono::steady_clock::now();
  results.runs = va::train_all(settings, corpus, unfinished);
  results.seconds = settings.resume ? va::seconds_of(results.runs, settings)
                                    : std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  results.interrupted = va::interrupted();
  if (!results.interrupted) results.verdicts = va::judge(results);
  show(results);
  if (!results.interrupted) unfinished.remove();
  return exit_code(results);
}

int fail(std::string_view why) {
  console::put(stderr, fmt::format("vanishing_attention: {}\n", va::one_line(why)));
  return bad_input;
}

}  // namespace

int main(int argc, char** argv) try {
  const int code = run(argc, argv);
  console::check_output_written();
  return code;
} catch (const std::bad_alloc&) {
  return fail(
      "out of memory; a shorter text, a smaller --batch, --context, --width or --depth, and fewer --threads take less");
} catch (const std::exception& error) {
  return fail(error.what());
}
