#pragma once

namespace ebb {

/// The parts of the page that write_html writes, as they stand in autograd/page/.
extern const char* const tape_page_html;
extern const char* const tape_page_css;
extern const char* const tape_page_js;

}  // namespace ebb
