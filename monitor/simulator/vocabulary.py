"""The words the platform knows in aggregate queries, as its own SDK lists them (269.0.0). Pure data."""

# fmt: off
CONVERSATION_METRICS = (
    "nAgentDeclined", "nAlertExpired", "nBlindTransferred", "nBotInteractions", "nCallbackAttempts",
    "nCallbackOverSla", "nCallbackScheduled", "nCfcOffered", "nCobrowseSessions", "nConnected",
    "nConsult", "nConsultTransferred", "nConversations", "nError", "nOffered", "nOutbound",
    "nOutboundAbandoned", "nOutboundAttempted", "nOutboundConnected", "nOverSla",
    "nStateTransitionError", "nTakeover", "nTransferred", "oAudioMessageCount", "oCallbackServiceLevel",
    "oExternalAudioMessageCount", "oExternalMediaCount", "oMediaCount", "oMessageCount",
    "oMessageSegmentCount", "oMessageTurn", "oServiceLevel", "oServiceTarget",
    "oSkillExpressionApplications", "tAbandon", "tAcd", "tActiveCallback", "tActiveCallbackComplete",
    "tAcw", "tAgentResponseTime", "tAgentVideoConnected", "tAlert", "tAnswered",
    "tAverageAgentResponseTime", "tAverageCustomerResponseTime", "tBarging", "tCallbackAbandon",
    "tCallbackConnect", "tCallbackNotReached", "tCallbackVirtualWait", "tCfcAbandon", "tCfcAcd",
    "tCfcAnswered", "tCfcFlowOut", "tCoaching", "tCoachingComplete", "tConnected", "tContacting",
    "tDialing", "tFirstConnect", "tFirstDial", "tFirstEngagement", "tFirstResponse", "tFlowOut",
    "tHandle", "tHeld", "tHeldComplete", "tIvr", "tMonitoring", "tMonitoringComplete", "tNotResponding",
    "tPark", "tParkComplete", "tScreenMonitoring", "tShortAbandon", "tSnippetRecord", "tTalk",
    "tTalkComplete", "tTransmitting", "tUserResponseTime", "tVoicemail", "tWait",
)
"""Metrics of conversation aggregates."""

CONVERSATION_DIMENSIONS = (
    "activeRouting", "activeSkillId", "addressFrom", "addressTo", "agentAssistantId",
    "agentBullseyeRing", "agentOwned", "agentRank", "agentScore", "ani", "assignerId", "authenticated",
    "canonicalExternalContactId", "conversationId", "conversationInitiator", "convertedFrom",
    "convertedTo", "customerParticipation", "deliveryStatus", "destinationAddress", "direction",
    "disconnectType", "divisionId", "dnis", "edgeId", "eligibleAgentCount", "errorCode",
    "extendedDeliveryStatus", "externalContactId", "externalMediaCount", "externalOrganizationId",
    "externalTag", "firstQueue", "flaggedReason", "flowInType", "flowOutType", "groupId",
    "interactionType", "journeyActionId", "journeyActionMapId", "journeyActionMapVersion",
    "journeyCustomerId", "journeyCustomerIdType", "journeyCustomerSessionId",
    "journeyCustomerSessionIdType", "knowledgeBaseId", "mediaCount", "mediaType", "messageType",
    "originatingDirection", "originatingSocialMediaPublic", "outboundCampaignId", "outboundContactId",
    "outboundContactListId", "participantName", "peerId", "proposedAgentId", "provider", "purpose",
    "queueId", "remote", "removedSkillId", "requestedLanguageId", "requestedRouting",
    "requestedRoutingSkillId", "roomId", "routingPriority", "routingRing", "routingRule",
    "routingRuleType", "scoredAgentId", "selectedAgentId", "selectedAgentRank", "selfServed",
    "sessionDnis", "sessionId", "skillExpressionId", "stationId", "teamId", "usedRouting", "userId",
    "videoPresent", "waitingInteractionCount", "wrapUpCode",
)
"""What conversation aggregates may be grouped and filtered by."""

TASK_METRICS = (
    "nWorkitemsAcdCancelled", "nWorkitemsAcdExpired", "nWorkitemsAcdStarted",
    "nWorkitemsAgentTransferred", "nWorkitemsCreated", "nWorkitemsDeclined", "nWorkitemsDeleted",
    "nWorkitemsDisconnected", "nWorkitemsOffered", "nWorkitemsOverSla", "nWorkitemsPurged",
    "nWorkitemsQueueTransferred", "nWorkitemsStatusChanged", "nWorkitemsTerminated",
    "nWorkitemsTimedout", "nWorkitemsTransferred", "nWorkitemsWrapupAdded", "nWorkitemsWrapupRemoved",
    "oWorkitemsServiceLevel", "tWorkitemsAgentFocusComplete", "tWorkitemsAlert", "tWorkitemsAnswered",
    "tWorkitemsDirectAnswered", "tWorkitemsFocus", "tWorkitemsFocusComplete", "tWorkitemsHandled",
    "tWorkitemsHeld", "tWorkitemsHeldComplete", "tWorkitemsNotResponding", "tWorkitemsParked",
    "tWorkitemsQueueAnswered", "tWorkitemsStatus",
)
"""Metrics of work item aggregates."""

TASK_DIMENSIONS = (
    "assigneeId", "caseId", "divisionId", "externalTag", "queueId", "reporterId", "requestedLanguageId",
    "requestedRouting", "requestedRoutingSkillId", "statusCategory", "statusId", "typeId", "usedRouting",
    "userId", "workbinId", "workitemId", "wrapUpCode",
)
"""What work item aggregates may be grouped and filtered by."""

TASK_OBSERVATIONS = (
    "oWorkitemsUnassigned", "oWorkitemsAssigned", "oWorkitemsConnected", "oWorkitemsParked",
    "oWorkitemsHeld", "oWorkitemsAcdStarted", "oWorkitemsDeclined", "oWorkitemsIdle",
    "oWorkitemsDisconnected", "oWorkitemsAcdExpired", "oWorkitemsDue", "oWorkitemsOverDue",
    "oWorkitemOldestUnassigned", "oWorkitemOldestAssigned",
)
"""Metrics of the present backlog of work items."""

TASK_GROUPS = (
    "queueId", "typeId", "assigneeId", "statusCategory",
)
"""What the present backlog may be grouped by."""

USER_METRICS = (
    "tAgentRoutingStatus", "tOrganizationPresence", "tSystemPresence",
)
"""Metrics of user aggregates."""

USER_DIMENSIONS = ("userId",)
"""What user aggregates may be grouped and filtered by."""
# fmt: on
