#pragma once
// Until when training may go on, as far as it depends on what is selected.

namespace anchorscope {

class SessionBridge;
class TransportBar;
class Workspace;

/// Fills the transport's menu anew: the dialog's entry, and what the selected object or anchor of the active
/// canvas can be waited for. Of an image that is no probe nothing can.
void fillUntilMenu(TransportBar& transport, Workspace& workspace, SessionBridge& bridge);

}  // namespace anchorscope
